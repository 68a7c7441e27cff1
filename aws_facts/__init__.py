"""Facts about AWS that all packages share: names, sizes, shapes. Pure."""
