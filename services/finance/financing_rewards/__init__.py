"""Rewards (融资奖励) for enterprises in centres that an investment company has put money into (3.3-2)."""
