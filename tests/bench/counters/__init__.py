"""Programs that count MACs and parameters, ours among them: one file each, and what they have in common."""
