"""`python -m benchmarks [name …]`: run all benchmarks or those named; fail when one is over its budget."""

from __future__ import annotations

import sys

from benchmarks.harness import names, run, write_report


def main(arguments: list[str]) -> int:
    """Exit status: 0 all within budget, 1 something over, 2 no such benchmark."""
    known = names()
    unknown = [name for name in arguments if name not in known]
    if unknown:
        print(f"no such benchmark: {', '.join(unknown)}; there are: {', '.join(known)}", file=sys.stderr)
        return 2
    ratios = run(arguments or known)
    write_report(ratios)
    return 0 if all(ratio.ok for ratio in ratios) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
