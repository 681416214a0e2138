# Built in one stage, run in another, so that no build tool reaches the image.
FROM python:3.12-slim AS build

WORKDIR /src
COPY README.md setup.cfg pyproject.toml constraints.txt ./
COPY config config
COPY cdc cdc
COPY mappers mappers
COPY sinks sinks
COPY cli cli
# Wheels only: an image without a compiler must not depend on one.
RUN python -m venv --without-pip /opt/magento-cdc \
    && pip --python /opt/magento-cdc/bin/python install --no-cache-dir --no-compile \
        --only-binary :all: --constraint constraints.txt . \
    && python -m compileall -q /opt/magento-cdc

FROM python:3.12-slim

RUN useradd --system --uid 10001 --home-dir /var/lib/magento-cdc --create-home magento-cdc
COPY --from=build /opt/magento-cdc /opt/magento-cdc
ENV PATH=/opt/magento-cdc/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    MAGENTO_CDC_STATE_DIR=/var/lib/magento-cdc

USER magento-cdc
WORKDIR /var/lib/magento-cdc
VOLUME /var/lib/magento-cdc

# Drains, saves its position and ends with 0.
STOPSIGNAL SIGTERM
ENTRYPOINT ["magento-cdc"]
CMD ["run", "--config", "/etc/magento-cdc/config.yaml"]
