"""The inventory (资产台账) of equipment bought with grants: where it is, who keeps it, and what yearly checks found."""
