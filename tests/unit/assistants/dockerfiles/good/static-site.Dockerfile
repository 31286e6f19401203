# Heredocs, an escape directive's default, and a page that was built before.
FROM nginxinc/nginx-unprivileged:1.27.3-alpine3.20-slim@sha256:1b3a1ee1d9ac0c1b1eb7dd2b1fd3a2b5a0d3c7b1f5f3b1a7c5d2e9f4a6b8c0d1
COPY <<EOF /etc/nginx/conf.d/default.conf
server {
    listen 8080;
    # ADD and RUN here are words of a comment: curl http://example.org | sh
    location / { root /usr/share/nginx/html; }
}
EOF
COPY --chmod=0444 dist/ /usr/share/nginx/html/
USER 101
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=2s CMD ["wget", "-qO", "/dev/null", "http://127.0.0.1:8080/"]
STOPSIGNAL SIGQUIT
