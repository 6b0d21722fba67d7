"""What the papers print, as data: their tables, their claims with directions, their figures."""
