// The order is the point: the environment is clean before anything of the agent is loaded.
import './environment.ts';
import '../../agent/main.ts';
