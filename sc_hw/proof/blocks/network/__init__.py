"""The claims about networks: trained layers, ticks and policies, clock-domain crossings."""
