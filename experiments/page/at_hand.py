"""What every process that makes a history has from the start: the fork server imports this, and nobody waits for it.

Layer: experiments.
"""

import experiments.page.history  # noqa: F401
from sim.compiled import readiness

readiness.load()
