"""What scripts/soak, scripts/survive and scripts/live-rate have in common; the network is that of samples/lab."""

import signal
import sys
from pathlib import Path

sys.dont_write_bytecode = True  # run as root: leave nothing of root's in the repository

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "samples/lab"))


def end_on_signals():
    """Has Ctrl-C and SIGTERM raise KeyboardInterrupt, once: a second one must not disturb the removal of what was made."""
    def interrupted(*_):
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)
        raise KeyboardInterrupt
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, interrupted)
