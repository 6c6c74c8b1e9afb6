"""``python -m cstark``."""

import sys

from cstark.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
