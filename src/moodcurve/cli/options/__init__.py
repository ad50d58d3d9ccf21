"""Options of commands, and what their values stand for: a module for each thing that they are about."""
