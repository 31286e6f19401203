FROM ruby:3.3.6-slim-bookworm
COPY Gemfile Gemfile.lock /app/
RUN cd /app && bundle install
COPY lib /app/lib
USER 1000
CMD ["ruby", "/app/lib/worker.rb"]
