from common.runtime.serve import main
from services.filter.app import build

main("filter", build)
