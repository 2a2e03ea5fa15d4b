"""What a plan and a run say, once, for every form that shows it."""
