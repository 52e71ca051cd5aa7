"""Taobao and Tmall (淘宝/天猫): orders, refunds and reviews pulled from TOP, and TMC messages that a relay brings."""
