"""Reviews (评价): what buyers said of what they bought, by marketplace and store."""
