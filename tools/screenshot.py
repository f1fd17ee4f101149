#!/usr/bin/env python3
"""A picture of a report's page, as for the README.

    tools/screenshot.py runs/checkpoints/report/index.html -o docs/report.png
    tools/screenshot.py PAGE -o dark.png --size 1200x900 --scheme dark --at '#curves'

Needs Debian's package chromium and nothing else.
"""

import argparse
import sys
from pathlib import Path

from browser import Browser, BrowserError, find_browser

# Every chart in the window is drawn, or says why it is not.
DRAWN = """[...document.querySelectorAll("figure")].every((figure) => {
  const { top, bottom } = figure.getBoundingClientRect();
  return bottom < 0 || top > innerHeight || figure.querySelector(".canvas > *");
})"""


def parse_size(text: str) -> tuple[int, int]:
    width, _, height = text.partition("x")
    if not (width.isdecimal() and height.isdecimal() and int(width) and int(height)):
        raise argparse.ArgumentTypeError(f"'{text}' is no size; WIDTHxHEIGHT in pixels is")
    return int(width), int(height)


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("page", help="an HTML file or an address")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="PNG")
    parser.add_argument("--size", type=parse_size, default=(1280, 900), metavar="WIDTHxHEIGHT")
    parser.add_argument("--scale", type=float, default=1, help="pixels for each of the page's")
    parser.add_argument("--scheme", choices=("light", "dark"), default="light")
    parser.add_argument("--whole", action="store_true", help="the page to its end")
    parser.add_argument("--at", metavar="SELECTOR", help="scroll to this element first")
    parser.add_argument("--task", metavar="NAME", help="show this task in detail")
    parser.add_argument("--phone", action="store_true", help="as a phone shows it")
    return parser.parse_args()


def address_of(page: str) -> str:
    if "://" in page:
        return page
    path = Path(page).resolve()
    if not path.is_file():
        raise BrowserError(f"{page}: no such file")
    return path.as_uri()


def take(arguments: argparse.Namespace, program: str) -> bytes:
    address = address_of(arguments.page)
    with Browser(program) as browser:
        width, height = arguments.size
        browser.size(width, height, arguments.scale, arguments.phone)
        browser.media(arguments.scheme)
        browser.open(address)
        if arguments.task is not None:
            # The script's own functions: the address of a task may need a metric.
            named = f"tasksOf(chosen.metric).some(({{ task }}) => task === {arguments.task!r})"
            if not browser.evaluate(named):
                raise BrowserError(f"the page has no task '{arguments.task}' by its first metric")
            browser.evaluate(f"openTask({arguments.task!r}, chosen.metric)")
            browser.settle()
        if arguments.whole:
            # Charts are drawn when they come into view: let everything be in view.
            tall = browser.evaluate("document.documentElement.scrollHeight")
            browser.size(width, min(tall, 16000), arguments.scale, arguments.phone)
            browser.settle()
        if arguments.at:
            found = f"document.querySelector({arguments.at!r})"
            if not browser.evaluate(f"Boolean({found})"):
                raise BrowserError(f"nothing on the page is '{arguments.at}'")
            browser.evaluate(f"{found}.scrollIntoView()")
        browser.wait_until(DRAWN, 30)
        browser.settle()
        return browser.screenshot(arguments.whole)


def main() -> int:
    arguments = parse_arguments()
    program = find_browser()
    if not program:
        print("No browser was found; Debian's package chromium is one.", file=sys.stderr)
        return 2
    try:
        picture = take(arguments, program)
        arguments.output.parent.mkdir(parents=True, exist_ok=True)
        arguments.output.write_bytes(picture)
    except (BrowserError, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
