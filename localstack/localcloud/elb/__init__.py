"""Load balancers: probed targets, and listeners that really listen.

Load balancers, listeners, rules and target groups are MiniStack's; `model` is a view of them.
"""
