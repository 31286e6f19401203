FROM ruby:3.3.6-alpine3.20
WORKDIR app
COPY worker.rb .
USER 1000
CMD ["ruby", "worker.rb"]
