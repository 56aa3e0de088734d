"""The figures that Shipway promises, beside its peers' in one run: `nox -s bench`.

    python bench/run.py [backend] [many] [site [--rounds N] [--small] [--latency SECONDS]]

Without a part, all of them. Each prints a line for each promise: met, or MISSED.
"""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

PARTS = ["backend", "many", "site"]


def main() -> None:
    parser = argparse.ArgumentParser(description="Figures of Shipway beside its peers'.")
    parser.add_argument("parts", nargs="*", help="backend, many, site (default: all)")
    parser.add_argument("--rounds", type=int, default=3, help="of the site's cases (default: 3)")
    parser.add_argument("--small", action="store_true", help="without the site of 100,000 files")
    parser.add_argument("--latency", type=float, default=0, help="seconds before each reply of S3")
    options = parser.parse_args()
    parts = options.parts or PARTS
    if unknown := set(parts) - set(PARTS):
        parser.error(f"there is no part {', '.join(unknown)}: {', '.join(PARTS)}")
    if "backend" in parts:
        from bench import backend

        backend.main()
    if "many" in parts:
        from bench import many

        many.main()
    if "site" in parts:
        from bench import site

        site.main(options.rounds, small=options.small, latency=options.latency)


if __name__ == "__main__":
    main()
