"""Rounds from door to door: as `sim.agents.grid_teams`.

Layer: sim.
"""

from __future__ import annotations

from sim.compiled.compiling import compiled, forms
from sim.compiled.kernel.chances import add_chance
from sim.compiled.kernel.numbers import (
    FIRST,
    GRID,
    GRID_TEAM,
    L_HOUSEHOLD,
    L_VISITS,
    category_at,
    grid_rounds_at,
    round_at,
    site_at,
    unit_at,
)
from sim.compiled.kernel.working_time import when, worked_now


@compiled
def grid_team_chances(w, case):
    site = site_at(w, case.site)
    area = site.area
    rounds = grid_rounds_at(w, area[GRID])
    for n in range(rounds.count):
        making = round_at(w, rounds.first + n)
        unit = unit_at(w, making.unit)
        prob = category_at(w, case.category).seen_per_visit * unit.knowledge
        if prob > 0.0:
            visits = forms.tries_until_success(forms.draw(case.key, L_VISITS, 1 + unit.number), prob)
            door = making.before + site.door_before + site.door_inside * forms.draw(case.key, L_HOUSEHOLD, FIRST)
            passed = worked_now(w, unit.clock) * unit.visits_per_h
            comes_h = forms.round_comes_h(passed, door, unit.households, visits, unit.visits_per_h)
            time_h = when(w, unit.clock, comes_h)
            add_chance(w, case, time_h if time_h > w.now_h else w.now_h, GRID_TEAM, making.unit, 0.0)
