"""The words of the trade: what each concept is called, as data. The scorer knows only concepts."""

from __future__ import annotations

from phaseline.operators.ai_operations.planner.lexicon.actions import ACTIONS
from phaseline.operators.ai_operations.planner.lexicon.questions import QUESTIONS
from phaseline.operators.ai_operations.planner.lexicon.things import THINGS
from phaseline.operators.ai_operations.planner.lexicon.words import IMPERATIVES, ORDINARY

CONCEPTS = ACTIONS | THINGS | QUESTIONS

__all__ = ["CONCEPTS", "IMPERATIVES", "ORDINARY"]
