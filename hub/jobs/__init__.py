"""Jobs (任务): whatever takes longer than an answer may, in slices behind the room's own stream ([ADR 22])."""
