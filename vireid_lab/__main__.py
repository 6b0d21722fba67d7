"""`python -m vireid_lab` is `vireid`."""

import sys

from vireid_lab.cli import main

sys.exit(main())
