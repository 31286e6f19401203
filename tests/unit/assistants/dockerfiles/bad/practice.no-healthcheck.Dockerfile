FROM caddy:2.8.4-alpine
COPY Caddyfile /etc/caddy/Caddyfile
COPY site/ /srv/
USER 1000
EXPOSE 8080
