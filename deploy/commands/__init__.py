"""The subcommands of `mengchuang`, one module a group; each loads what it needs only when it is called."""
