"""The built-in planner: from words to a plan, with intents as data and no model."""
