"""Record the histories that `tests/histories/test_replay.py` replays: `python -m tests.histories.record [scenario]`.

Do so when a workflow has learnt something new. Keep the old ones: orders on their way were begun by them.
"""

import os
import sys

import pytest


def main() -> int:
    """Run the scenarios as tests, with a real Temporal and a database each."""
    os.environ["TEST_DATABASE"] = "sqlite"
    chosen = ["-k", " or ".join(sys.argv[1:])] if sys.argv[1:] else []
    return pytest.main(["-q", "-x", "tests/histories/recording.py", *chosen])


if __name__ == "__main__":
    sys.exit(main())
