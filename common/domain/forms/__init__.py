"""Forms: what their authors write, how answers are read, and what processing one does (domain.md §9)."""
