"""One service on ECS: definition -> diff -> plan -> rollout -> outcome, and the proof of it."""
