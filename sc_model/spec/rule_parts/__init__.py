"""Parts of what a rule file declares: its text, its errors, its run-time parameters."""
