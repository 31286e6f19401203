FROM node:22.11-alpine3.20
RUN apt-get update && apt-get install -y --no-install-recommends tini && rm -rf /var/lib/apt/lists/*
WORKDIR /app
COPY index.js .
USER 1000
ENTRYPOINT ["tini", "--", "node", "index.js"]
