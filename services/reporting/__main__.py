from common.runtime.serve import main
from services.reporting.app import build

main("reporting", build)
