"""Youzan (有赞): pushes of its shops, and the API that tells what an order or after-sale really is."""
