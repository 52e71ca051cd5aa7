"""Douyin shop (抖店): order pushes, and the signed API that tells what an order really is."""
