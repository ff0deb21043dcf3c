import { panel } from "../shared/panel";
import { RunBar } from "../shared/parts";
import type { Base, Props } from "../shared/seam";

function Freeze(props: Props<Base>) {
  return <RunBar {...props} />;
}

export default panel<Base>(Freeze);
