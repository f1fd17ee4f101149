#include "harness/sweep/positions.h"

#include <algorithm>
#include <limits>
#include <map>
#include <string>

#include "base/error.h"
#include "engine/checkpoint.h"
#include "engine/config.h"
#include "harness/hub/cache.h"
#include "harness/sweep/weights.h"

namespace e2lm {
namespace {

// Of a checkpoint of the hub whose configuration alone is here.
int64_t positions_by_config(const Path& folder) {
  const Path file = folder / "config.json";
  if (!std::filesystem::exists(file)) return 0;
  const Json config = parse_python_json(read_file(file), file.string());
  if (!config.is_object()) return 0;
  for (const char* key : {"n_positions", "max_position_embeddings"}) {
    if (config.contains(key) && config[key].is_number_integer()) return config[key].get<int64_t>();
  }
  return 0;
}

// 0 if it cannot be read or does not say. What is wrong is said later, when it is to be scored.
int64_t positions_of(const CheckpointRef& ref) try {
  if (ref.hub && !is_complete_checkpoint(ref.folder)) return positions_by_config(ref.folder);
  const Checkpoint checkpoint = Checkpoint::open(ref.folder);
  return read_max_positions(ConfigReader(checkpoint));
} catch (const Error&) {
  return 0;
}

// In the table of files, under a path that no file has.
std::string path_of(const CheckpointRef& ref) {
  return "positions:" + place_name(ref.folder);
}

int64_t remembered_positions(const Store& store, const CheckpointRef& ref) {
  Statement find(store.database(),
                 "SELECT CAST(sha256 AS INTEGER) FROM weights_file WHERE path = ?");
  return find.bind(path_of(ref)).step() ? find.integer(0) : 0;
}

void remember(Store& store, const std::map<std::string, int64_t>& positions) {
  if (positions.empty()) return;
  Transaction transaction(store.database());
  for (const auto& [path, count] : positions) {
    Statement(store.database(), "INSERT OR REPLACE INTO weights_file VALUES (?, '', ?)")
        .bind(path)
        .bind(std::to_string(count))
        .finish();
  }
  transaction.commit();
}

}  // namespace

int64_t fewest_positions(const Manifest& manifest, Store& store) {
  int64_t fewest = std::numeric_limits<int32_t>::max();
  std::map<std::string, int64_t> news;
  for (const Series& series : manifest.series) {
    for (const CheckpointRef& ref : series.checkpoints) {
      const int64_t before = remembered_positions(store, ref), now = positions_of(ref);
      if (now != 0 && now != before) news[path_of(ref)] = now;
      const int64_t positions = now != 0 ? now : before;
      if (positions != 0) fewest = std::min(fewest, positions);
    }
  }
  remember(store, news);
  return fewest;
}

}  // namespace e2lm
