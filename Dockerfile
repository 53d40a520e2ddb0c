# syntax=docker/dockerfile:1
# Stage 1 brings the model in (PyTorch) and builds the revision; stage 2 holds the bot, the builder and the encoder, no PyTorch.
ARG PYTHON=python:3.11-slim-bookworm

FROM ${PYTHON} AS build
WORKDIR /app
COPY requirements.txt requirements-torch.txt requirements-model.txt ./
RUN python -m venv /venv \
 && /venv/bin/pip install --no-cache-dir -r requirements.txt \
 && cp -a /venv /light \
 && (/venv/bin/pip install --no-cache-dir -r requirements-torch.txt \
     || /venv/bin/pip install --no-cache-dir -r requirements-torch.txt --extra-index-url https://download.pytorch.org/whl/cpu) \
 && /venv/bin/pip install --no-cache-dir -r requirements-model.txt
COPY bot bot
COPY index_builder index_builder
COPY knowledge knowledge
COPY training/adapters training/adapters
COPY training/reader training/reader
COPY training/heads training/heads
ENV PROTOCOL_BOT_CACHE=/cache
RUN /venv/bin/python -m index_builder build --knowledge knowledge --council model --index /index

FROM ${PYTHON}
RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin bot \
 && install -d -o bot -g bot /index /state /cache
WORKDIR /app
COPY --from=build /light /venv
COPY --from=build --chown=bot:bot /index /index
COPY --from=build --chown=bot:bot /cache /cache
COPY bot bot
COPY index_builder index_builder
COPY knowledge knowledge
COPY training/adapters training/adapters
COPY training/reader training/reader
COPY training/heads training/heads
COPY LICENSE NOTICE ./
ENV PATH=/venv/bin:$PATH \
    PYTHONPATH=/app \
    PYTHONDONTWRITEBYTECODE=1 \
    PROTOCOL_BOT_CACHE=/cache \
    PROTOCOL_BOT_INDEX=/index \
    PROTOCOL_BOT_STATE=sqlite:////state/bot.db
VOLUME ["/index", "/state"]
USER 10001
HEALTHCHECK --interval=60s --timeout=10s --start-period=10s CMD ["python", "-m", "bot", "health"]
ENTRYPOINT ["python", "-m", "bot"]
CMD ["slack"]
