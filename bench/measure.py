"""Run a command and write what it used, as JSON: `python -S measure.py REPORT COMMAND...`.

It stands between the benchmark and the command because the kernel counts what the parent held in
memory at the start as the child's: this parent holds next to nothing.
"""

import json
import os
import sys
import time

started = time.perf_counter()
child = os.posix_spawn(sys.argv[2], sys.argv[2:], os.environ)
_, status, usage = os.wait4(child, 0)
measured = {
    "seconds": time.perf_counter() - started,
    "cpu": usage.ru_utime + usage.ru_stime,
    "memory": usage.ru_maxrss << 10,  # the kernel counts in KiB
}
with open(sys.argv[1], "w") as report:  # noqa: PTH123 - pathlib costs more than all the rest
    json.dump(measured, report)
sys.exit(os.waitstatus_to_exitcode(status))
