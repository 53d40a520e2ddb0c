# Stage 1 brings the model in (PyTorch) and publishes the model council; stage 2 holds the bot, the builder and what they
# read, without PyTorch, pip or a compiler. The digest is the one that Docker's list of its official images gave for this
# tag on 19 September 2026; docs/running.md says how to take a newer one.
ARG PYTHON=python:3.11-slim-bookworm@sha256:a36c24f9cbdf4fd0f52d67f0823eeac19c2028c637cecc392d97f980d4fec56b

FROM ${PYTHON} AS build
WORKDIR /build
COPY requirements.txt requirements-torch.txt requirements-model.txt ./
# /venv is what stage 2 gets; /torch is the same and PyTorch.
RUN python -m venv --without-pip /venv \
 && python -m pip --python /venv/bin/python install --no-cache-dir --only-binary :all: -r requirements.txt \
 && cp -a /venv /torch \
 && (python -m pip --python /torch/bin/python install --no-cache-dir --only-binary :all: -r requirements-torch.txt \
     || python -m pip --python /torch/bin/python install --no-cache-dir --only-binary :all: -r requirements-torch.txt \
        --extra-index-url https://download.pytorch.org/whl/cpu) \
 && python -m pip --python /torch/bin/python install --no-cache-dir --only-binary :all: -r requirements-model.txt
WORKDIR /app
COPY LICENSE NOTICE ./
COPY bot bot
COPY index_builder index_builder
COPY knowledge knowledge
COPY training/adapters training/adapters
COPY training/heads training/heads
COPY training/reader training/reader
COPY training/tone-reader training/tone-reader
ENV PYTHONDONTWRITEBYTECODE=1 \
    ORT_DISABLE_TELEMETRY=1 \
    PROTOCOL_BOT_CACHE=/data/cache \
    PROTOCOL_BOT_INDEX=/data/index
# Stage 2's own Python has to find the encoder it needs and the revision sound. The index and the cache hold the same
# encoder: linked, it is stored once.
RUN python -m compileall -q --invalidation-mode checked-hash bot index_builder \
 && /torch/bin/python -m index_builder build --council model \
 && /venv/bin/python -m index_builder build --council model \
 && /venv/bin/python -m bot health \
 && ln --force /data/cache/encoders/*/*.* /data/index/encoders/*/ \
 && install -d -m 700 /data/state

FROM ${PYTHON}
ARG PYTHON
ARG COMMIT=unknown
LABEL org.opencontainers.image.title="Protocol Bot" \
      org.opencontainers.image.description="Answers questions about a council's Member/Officer protocol with the protocol's own words and where they stand." \
      org.opencontainers.image.version="0.1.0" \
      org.opencontainers.image.revision="${COMMIT}" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.base.name="${PYTHON}"
RUN python -m pip uninstall --yes --quiet --root-user-action ignore setuptools wheel pip \
 && rm -r /usr/local/lib/python3.11/ensurepip \
 && useradd --uid 10001 --user-group --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin bot
WORKDIR /app
COPY --from=build /venv /venv
COPY --from=build /app /app
COPY --from=build --chown=10001:10001 /data /data
ENV PATH=/venv/bin:$PATH \
    PYTHONPATH=/app \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    ORT_DISABLE_TELEMETRY=1 \
    PROTOCOL_BOT_CACHE=/data/cache \
    PROTOCOL_BOT_INDEX=/data/index \
    PROTOCOL_BOT_STATE=sqlite:////data/state/bot.db
USER 10001:10001
HEALTHCHECK --interval=60s --timeout=10s --start-period=10s CMD ["python", "-m", "bot", "health"]
ENTRYPOINT ["python", "-m", "bot"]
CMD ["slack"]
