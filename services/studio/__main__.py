from common.runtime.serve import main
from services.studio.app import build

main("studio", build)
