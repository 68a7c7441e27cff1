"""Facts about AWS that everything here shares: names, sizes, shapes. Pure."""
