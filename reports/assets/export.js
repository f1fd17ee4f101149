// Charts as pictures: drawn again off the page with title and legend, twice as sharp.

const PICTURE = { width: 900, height: 540, sharpness: 2 };

// Long titles in lines of at most `length` characters.
function wrap(text, length) {
  const characters = [...text];
  const lines = [];
  while (characters.length > 0) lines.push(characters.splice(0, length).join(""));
  return lines.slice(0, 3);
}

function legendOptions(palette) {
  return {
    display: true, position: "bottom",
    labels: {
      color: palette.text, usePointStyle: true, boxHeight: 7, padding: 14,
      generateLabels: (chart) => Chart.defaults.plugins.legend.labels.generateLabels(chart)
        .map((item) => ({ ...item, text: short(item.text ?? "", 32) })),
      filter: (item, data) => {
        const dataset = data.datasets[item.datasetIndex];
        return (!dataset.silent || dataset.named) && !dataset.hidden && dataset.label !== "";
      },
    },
  };
}

function pictureOf(what) {
  const palette = chosen.whitePictures ? PALETTES.light : paletteNow();
  const config = what.config(palette, PICTURE.width);
  if (!config) return null;
  const height = Math.max(PICTURE.height, 60 + (what.height ?? 0));
  const canvas = element("canvas", { width: PICTURE.width, height });
  Object.assign(config.options, { responsive: false, devicePixelRatio: PICTURE.sharpness });
  config.options.layout = { padding: 14, ...config.options.layout };
  config.options.plugins.title = { display: true, text: wrap(what.picture ?? what.title, 90), color: palette.text, font: { size: 16 } };
  config.options.plugins.legend = legendOptions(palette);
  const ground = {
    id: "ground",
    beforeDraw({ ctx: pen, width, height }) {
      pen.fillStyle = "#ffffff";
      pen.fillRect(0, 0, width, height);
    },
  };
  config.plugins = [...(chosen.whitePictures ? [ground] : []), ...(config.plugins ?? [])];
  const chart = new Chart(canvas, config);
  const picture = chart.toBase64Image();
  chart.destroy();
  return picture;
}

function savePicture(what) {
  const picture = pictureOf(what);
  if (!picture) return;
  const name = (what.picture ?? what.title).replace(/[^\p{L}\p{N}._-]+/gu, "-").slice(0, 80);
  element("a", { href: picture, download: `${name}.png` }).click();
}
