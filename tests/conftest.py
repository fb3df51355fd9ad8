"""What several tests share: small scenarios, and a way to change them."""

from __future__ import annotations

import pytest

from scenarios.loading import Scenario, load

QUARTER_HOUR = 0.25


@pytest.fixture(scope="session")
def junmen() -> Scenario:
    """Junmen for two months: grid teams, party members, four levels; no patrol, no centres."""
    return load("junmen_2012", {"period.days": 60})


@pytest.fixture(scope="session")
def changning() -> Scenario:
    """Changning for ten days: patrols, centres, departments, property companies."""
    return load("changning_2005q4", {"period.days": 10})


@pytest.fixture(scope="session")
def dongcheng() -> Scenario:
    """Dongcheng with both grids, for four days: everything at once."""
    return load("dongcheng_2010", {"period.days": 4, "territory.sites_count": 3000})
