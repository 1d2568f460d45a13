# One image for web, worker, beat and the terminal. The front end is built here, once for every address.
FROM python:3.13-slim

ENV PYTHONUNBUFFERED=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /app

COPY requirements.lock ./
RUN pip install --require-hashes --requirement requirements.lock

COPY pyproject.toml rxconfig.py ./
COPY alembic alembic
COPY assets assets
COPY domain domain
COPY loanapp loanapp
COPY reflex.lock reflex.lock
COPY tasks tasks
RUN pip install --no-deps --editable . \
 && loanapp web --build-only \
 && rm -rf .web/node_modules \
 && useradd --create-home loanapp \
 && chown -R loanapp .cache .web

USER loanapp
EXPOSE 8000
CMD ["loanapp", "web", "--host", "0.0.0.0"]
