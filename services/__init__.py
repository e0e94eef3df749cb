"""The log program: takes reps, keeps them, shows them. Touches no chip."""
