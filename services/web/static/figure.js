// The figure, seen by a camera that follows the hip: wall and feet move, the gauge stays.
const HIP = [398, 452];
const GAUGE_PX = 412;
const PX_PER_MM = 0.4;
const BUTT_PX = 62;
const LEG_PX = [128, 130];
const FLOOR_PX = 700;

const at = (deg, r) => [HIP[0] + r * Math.sin((deg * Math.PI) / 180), HIP[1] - r * Math.cos((deg * Math.PI) / 180)];
const point = ([x, y]) => `${x.toFixed(1)} ${y.toFixed(1)}`;
const arc = (from, to, r) => `M${point(at(from, r))}A${r} ${r} 0 0 1 ${point(at(to, r))}`;
const clamp = (value, low, high) => Math.min(high, Math.max(low, value));

const dropPx = (frame) => clamp(frame.hip_drop_mm ?? 0, -20, 450) * PX_PER_MM;

function knee(hip, ankle) {
  const [dx, dy] = [ankle[0] - hip[0], ankle[1] - hip[1]];
  const reach = clamp(Math.hypot(dx, dy), 30, LEG_PX[0] + LEG_PX[1] - 0.5);
  const along = (LEG_PX[0] ** 2 - LEG_PX[1] ** 2 + reach ** 2) / (2 * reach);
  const out = Math.sqrt(Math.max(0, LEG_PX[0] ** 2 - along ** 2));
  const [ux, uy] = [dx / reach, dy / reach];
  return [hip[0] + ux * along + uy * out, hip[1] + uy * along - ux * out];
}

export class Figure {
  constructor(find) {
    for (const id of ["wall", "track", "band", "ticks", "leg", "foot", "trunk", "spine", "head", "dowel", "needle", "gap"]) {
      this[id] = find(id);
    }
    this.bandShown = "";
    this.track.setAttribute("d", arc(0, 90, GAUGE_PX));
    this.ticks.setAttribute("d", [0, 30, 60, 90].map((deg) => `M${point(at(deg, GAUGE_PX - 30))}L${point(at(deg, GAUGE_PX + 30))}`).join(""));
    this.dowel.setAttribute("d", `M${HIP[0] - 58} ${HIP[1] + 40}V${HIP[1] - 372}`);
    this.needle.setAttribute("d", `M${point(at(0, GAUGE_PX + 20))}L${point(at(-4.6, GAUGE_PX + 96))}L${point(at(4.6, GAUGE_PX + 96))}Z`);
    this.draw({ tilt_deg: 0, range_mm: null, hip_travel_mm: 0, hip_drop_mm: 0, target_low_deg: 45, target_high_deg: 50, pads: {} });
  }

  draw(frame) {
    const tilt = clamp(frame.tilt_deg ?? 0, -20, 100);
    const turn = `rotate(${tilt.toFixed(2)} ${HIP[0]} ${HIP[1]})`;
    this.trunk.setAttribute("transform", turn);
    this.needle.setAttribute("transform", turn);
    this.needle.toggleAttribute("hidden", frame.tilt_deg === null);
    const band = arc(frame.target_low_deg, frame.target_high_deg, GAUGE_PX);
    if (band !== this.bandShown) this.band.setAttribute("d", (this.bandShown = band));
    // Rounding, and a head that leaves the dowel, are drawn as what the pads say.
    const bulge = frame.pads.sacrum === "open" ? 46 : 0;
    this.spine.setAttribute("d", `M${HIP[0]} ${HIP[1]}Q${HIP[0] - bulge} ${HIP[1] - 130} ${HIP[0] + bulge * 0.6} ${HIP[1] - 232}`);
    const nod = frame.pads.head === "open" ? 13 : 0;
    const [hx, hy] = at(nod, 312);
    this.head.setAttribute("cx", hx);
    this.head.setAttribute("cy", hy);
    this.drawLegs(frame);
    this.drawWall(frame.range_mm, dropPx(frame));
  }

  drawLegs(frame) {
    const ankle = [
      HIP[0] + 12 + clamp(frame.hip_travel_mm ?? 0, -60, 350) * PX_PER_MM,
      FLOOR_PX - dropPx(frame),
    ];
    this.leg.setAttribute("d", `M${point(HIP)}L${point(knee(HIP, ankle))}L${point(ankle)}`);
    this.foot.setAttribute("d", `M${point([ankle[0] - 8, ankle[1] + 4])}h88`);
  }

  drawWall(rangeMm, upPx) {
    const known = rangeMm !== null;
    const butt = HIP[0] - BUTT_PX;
    const wall = clamp(butt - (known ? Math.max(0, rangeMm) : 600) * PX_PER_MM, 80, butt);
    this.wall.setAttribute("transform", `translate(${wall.toFixed(1)} ${(-upPx).toFixed(1)})`);
    const room = butt - wall;
    const head = Math.min(26, room / 3);
    this.gap.toggleAttribute("hidden", !known || room < 24);
    this.gap.setAttribute("d", `M${wall + 6} ${HIP[1]}H${butt - 2}M${wall + 6 + head} ${HIP[1] - head}l${-head} ${head}l${head} ${head}M${butt - 2 - head} ${HIP[1] - head}l${head} ${head}l${-head} ${head}`);
  }
}
