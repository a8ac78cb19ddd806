"""Quarterly data (季度数据报送, 2.3-2): the form, its due days and its procedure."""
