DELETE FROM sessions WHERE expires_at < now() - INTERVAL '30 days';
