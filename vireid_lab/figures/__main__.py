"""`python -m vireid_lab.figures DIR`: what the pictures in a folder show, and a page with all of them."""

from __future__ import annotations

import argparse
import sys

from vireid_lab.runtime import InputError

from .gallery import list_pictures, read_pictures, write_gallery


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m vireid_lab.figures", description=__doc__)
    parser.add_argument("folder", metavar="DIR", help="folder that a notebook wrote its figures into")
    folder = parser.parse_args().folder
    try:
        print(list_pictures(read_pictures(folder)))
        print(f"\nAll of them on one page: {write_gallery(folder)}")
    except InputError as error:
        print(f"figures: error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
