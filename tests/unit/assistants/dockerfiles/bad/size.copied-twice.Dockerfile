FROM node:22.11-alpine3.20
ENV NODE_ENV=production
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci
COPY . .
RUN chown -R 1000:1000 /app
USER 1000
CMD ["node", "index.js"]
