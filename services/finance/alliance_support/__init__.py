"""Support (资金扶持) for alliances by the activities that they held (4.6-3, 4.7-3)."""
