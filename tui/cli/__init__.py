"""The commands of the shell: one grammar, and a module for each group, loaded when it is used."""
